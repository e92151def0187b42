// What the platform loads in the Worker beside ours: MongoDB's driver, and the three questions that it answers.

export { default } from "../../../packages/worker/stores/mongodb-driver.js";
